// The words of the resolver and the updater to each other. Pure; shared by both processes.
//
// Transport: a Unix stream socket. The updater listens; the resolver connects. Each side sends frames of two kinds.
// A line is one JSON object and a line feed, at most MAX_LINE_OCTETS together. Each object has exactly one key, which says what it is.
// A batch holds what there is one of for every new name: an octet 1 for requests or 2 for replies, the number of octets that follow in
// four octets, and records; at most MAX_BATCH_OCTETS together. Numbers are unsigned and in network order.
// A frame that is not of this page is a ProtocolError, and whoever reads it hangs up: nothing is skipped, nothing is guessed.
//
//   1. Both sides begin with their hello, a line in every version. Whoever speaks another protocol version is hung up on.
//        resolver   {"hello":{"protocol":5}}
//        updater    {"hello":{"protocol":5,"revision":"94c9ab0c27a1ed18","generation":172034119}}
//   2. The resolver asks for leases, as many in one batch as wait. `id` is its own choice, unique among what waits. `revision` is that of the
//      policy it judged by, sixteen hexadecimal digits as eight octets. `client` is the source address of the query, `ttlSeconds` the longest
//      TTL it will hand out. `stale`, 1 for true, marks an answer beyond its time. Ports are not in it: they come from the updater's own policy.
//      A name is its canonical text behind its length in two octets; an address 4 or 6 in one octet, then its octets.
//        resolver   1, length, revision, and for each: id (4) ttlSeconds (4) stale (1) client, name, how many addresses (2), addresses
//   3. The updater answers each request once, in any order, after the kernel has acknowledged every address of it or
//      none was opened. `leaseSeconds` is what remains, at least, for every address. `message` is UTF-8 behind its length in two octets.
//        updater    2, length, and for each: id (4), 0 (1) leaseSeconds (4)
//                                      or: id (4), the place of the reason in REFUSAL_REASONS, counted from 1 (1), message
//   4. The updater announces the revision of each policy that comes into force, and a new generation when something
//      that it acknowledged is open no longer, or may not be: all that was learned under another generation is forgotten.
//      Replies after such a line belong to what it announced. A generation is an opaque number: only equality counts.
//        updater    {"revision":"0d1f…"}    {"generation":98114402}
//   5. The updater says which policy it will put in force next. The resolver says once it has built a policy, so announced or not, and
//      answers by it as soon as the updater has announced that revision. The updater waits for that word, but not for long: then neither
//      refuses what the other has judged. Of a revision that is new to it, it looks at the zone files again. A file that was valid for a moment
//      may have been read by one of them alone: while files are broken the updater judges what the resolver has judged by another revision, too.
//        updater    {"next":"0d1f…"}
//        resolver   {"ready":"0d1f…"}
//   6. The resolver asks what the updater has counted, for metrics. Keys are for whoever reads them; the protocol knows numbers and lists of numbers.
//      Questions that arrive together may be answered once.
//        resolver   {"figures":true}
//        updater    {"figures":{"leases":12,"commit.counts":[3,0,1]}}
//   7. The resolver says by which revision it answers from now on, at each connection and when that changes.
//        resolver   {"answering":"0d1f…"}
//   8. The updater names what clients use and what the resolver should ask again in the background, as if the client had.
//        updater    {"inUse":[{"client":"10.78.0.2","name":"example.org","family":4}]}
//   9. One resolver at a time: another is told by which process the place is taken, and hung up on.
//        updater    {"taken":4711}

export { encodeReplies, encodeRequests } from './batch.ts'
export { decodeResolverFrame, decodeUpdaterFrame } from './decode.ts'
export {
  encodeAnswering,
  encodeFigures,
  encodeGeneration,
  encodeInUse,
  encodeNext,
  encodeReady,
  encodeRevision,
  encodeTaken,
  encodeUpdaterHello,
  FIGURES_LINE,
  RESOLVER_HELLO,
} from './encode.ts'
export { ProtocolError } from './error.ts'
export { type Frame, FrameDecoder } from './frame.ts'
export * from './message.ts'
