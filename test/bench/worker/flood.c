/* One UDP flow: a first datagram that is answered, then COUNT that are not. Prints nanoseconds for each, of the sender and all
   that the kernel does with a packet on the way, which over veth is done in the sender's time.
     flood ADDRESS PORT COUNT */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int count, char **words) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(words[2]))};
  struct timeval patience = {.tv_sec = 5};
  char octets[64] = {0};
  long packets = atol(words[3]);
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  inet_pton(AF_INET, words[1], &to.sin_addr);
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (count != 4 || connect(s, (void *)&to, sizeof to)) return 2;
  if (send(s, octets, 1, 0) != 1 || recv(s, octets, 1, 0) != 1) return 1;
  double start = now();
  for (long i = 0; i < packets; i++) send(s, octets, sizeof octets, 0);
  printf("%f\n", (now() - start) / packets);
  return 0;
}
