/* Looks a name up as programs do, with the C library it was compiled for. Prints the outcome, the milliseconds, then the addresses. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static const char *outcome(int error)
{
	switch (error) {
	case 0: return "found";
	case EAI_NONAME: return "no such host";
#ifdef EAI_NODATA
	case EAI_NODATA: return "no such host";
#endif
	case EAI_AGAIN: return "try again";
	default: return "failure";
	}
}

int main(int count, char **words)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	char text[INET6_ADDRSTRLEN];
	if (count != 2) return 2;
	double start = now();
	int error = getaddrinfo(words[1], NULL, &hints, &found);
	printf("%s\n%.0f\n", outcome(error), now() - start);
	for (struct addrinfo *one = error ? NULL : found; one; one = one->ai_next) {
		void *address = one->ai_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)one->ai_addr)->sin6_addr
							   : (void *)&((struct sockaddr_in *)one->ai_addr)->sin_addr;
		printf("%s\n", inet_ntop(one->ai_family, address, text, sizeof text));
	}
	return 0;
}
