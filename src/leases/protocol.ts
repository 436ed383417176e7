// The words of the resolver and the updater to each other. Pure; shared by both processes.
//
// Transport: a Unix stream socket. The updater listens; the resolver connects. Each side sends lines: one JSON object
// and a line feed, at most MAX_LINE_OCTETS together. Each object has exactly one key, which says what it is. A line that
// is not of this page is a ProtocolError, and whoever reads it hangs up: nothing is skipped, nothing is guessed.
//
//   1. Both sides begin with their hello. Whoever speaks another protocol version is hung up on.
//        resolver   {"hello":{"protocol":4}}
//        updater    {"hello":{"protocol":4,"revision":"94c9ab0c27a1ed18","generation":172034119}}
//   2. The resolver asks for leases, as many in one line as wait. `id` is its own choice, unique among what waits.
//      `revision` is that of the policy it judged by. `client` is the source address of the query, `ttlSeconds` the
//      longest TTL it will hand out. `stale` marks an answer beyond its time. Ports are not in it: they come from the updater's own policy.
//        resolver   {"open":[{"id":1,"revision":"94…","client":"10.77.0.2","name":"example.org","addresses":["192.0.2.1"],"ttlSeconds":300,"stale":false}]}
//   3. The updater answers each request once, in any order, after the kernel has acknowledged every address of it or
//      none was opened. `leaseSeconds` is what remains, at least, for every address.
//        updater    {"replies":[{"id":1,"kind":"open","leaseSeconds":360},{"id":2,"kind":"refused","reason":"policy","message":"…"}]}
//   4. The updater announces the revision of each policy that comes into force, and a new generation when something
//      that it acknowledged is open no longer, or may not be: all that was learned under another generation is forgotten.
//      Replies after such a line belong to what it announced. A generation is an opaque number: only equality counts.
//        updater    {"revision":"0d1f…"}    {"generation":98114402}
//   5. The updater says which policy it will put in force next. The resolver says once it has built a policy, so announced or not, and
//      answers by it as soon as the updater has announced that revision. The updater waits for that word, but not for long: then neither
//      refuses what the other has judged. Of a revision that is new to it, it looks at the zone files again.
//        updater    {"next":"0d1f…"}
//        resolver   {"ready":"0d1f…"}
//   6. The resolver asks what the updater has counted, for metrics. Keys are for whoever reads them; the protocol knows numbers and lists of numbers.
//        resolver   {"figures":true}
//        updater    {"figures":{"leases":12,"commit.counts":[3,0,1]}}
//   7. The resolver says by which revision it answers from now on, at each connection and when that changes.
//        resolver   {"answering":"0d1f…"}
//   8. The updater names what clients use and what the resolver should ask again in the background, as if the client had.
//        updater    {"inUse":[{"client":"10.78.0.2","name":"example.org","family":4}]}
//   9. One resolver at a time: another is told by which process the place is taken, and hung up on.
//        updater    {"taken":4711}

export { decodeResolverLine, decodeUpdaterLine } from './decode.ts'
export {
  encodeAnswering,
  encodeFigures,
  encodeGeneration,
  encodeInUse,
  encodeNext,
  encodeReady,
  encodeReplies,
  encodeRequests,
  encodeRevision,
  encodeTaken,
  encodeUpdaterHello,
  FIGURES_LINE,
  RESOLVER_HELLO,
} from './encode.ts'
export { LineDecoder, ProtocolError } from './line.ts'
export * from './message.ts'
