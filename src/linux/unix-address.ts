export const AF_UNIX = 1
/** struct sockaddr_un: a family of two octets, then the path. */
const PATH_OFFSET = 2

/** unix(7): a path, or "@" and an abstract name, which begins with a zero octet and ends with the address. */
export function encodeUnixAddress(name: string): Uint8Array {
  const path = Buffer.from(name)
  const address = new Uint8Array(PATH_OFFSET + path.length)
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX
  address.set(path, PATH_OFFSET)
  if (name.startsWith('@')) address[PATH_OFFSET] = 0
  return address
}
