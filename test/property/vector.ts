// Messages that have broken somebody: each is kept, and read by every decoder we have.

/** The header of a response with one question and one answer, and of a query with one additional record. */
const RESPONSE = '12348180 0001 0001 0000 0000'
const QUERY = '12340100 0001 0000 0000 0001'
const QUESTION = '0161 07 6578616d706c65 00 0001 0001'
const A = '0001 0001 0000003c 0004 c0000201'
const label = (octets: number) => octets.toString(16).padStart(2, '0') + '78'.repeat(octets)

export interface Vector {
  readonly what: string
  readonly octets: Buffer
}

/** What `decodeAnswer` says of the bad ones, as a response to "a.example A". Undefined: it is a good one. */
export interface ResponseVector extends Vector {
  readonly refused: RegExp | undefined
}

const response = (what: string, refused: RegExp | undefined, ...parts: readonly string[]): ResponseVector => ({
  what,
  refused,
  octets: Buffer.from(parts.join('').replaceAll(' ', ''), 'hex'),
})
const query = (what: string, ...parts: readonly string[]): Vector => ({
  what,
  octets: Buffer.from(parts.join('').replaceAll(' ', ''), 'hex'),
})

export const RESPONSES: readonly ResponseVector[] = [
  response('a plain answer', undefined, RESPONSE, QUESTION, 'c00c', A),
  response('an owner that points at itself', /back/, RESPONSE, QUESTION, 'c01b', A),
  response('an owner that points forward', /back/, RESPONSE, QUESTION, 'c020', A, '0161 00'),
  response(
    'two pointers that lead to each other',
    /back/,
    '12348180 0001 0002 0000 0000',
    QUESTION,
    'c00c 0005 0001 0000003c 0002 c029 c027',
    A,
  ),
  response('a pointer whose second octet is missing', /malformed/, RESPONSE, QUESTION, 'c0'),
  response('labels and a pointer back to their own beginning', /back/, RESPONSE, QUESTION, '0178 c01b', A),
  response('a label of type 01, which EDNS once had (RFC 6891 section 5)', /malformed/, RESPONSE, QUESTION, '4161 00', A),
  response('a label of type 10, which nobody has', /malformed/, RESPONSE, QUESTION, '8161 00', A),
  response('an owner of 256 octets', /255/, RESPONSE, QUESTION, label(63), label(63), label(63), label(62), '00', A),
  response(
    'an owner of 63 octets by one label too many after a pointer',
    /255/,
    RESPONSE,
    QUESTION,
    label(63),
    label(63),
    label(63),
    label(53),
    'c00c',
    A,
  ),
  response('RDLENGTH beyond the end', /malformed/, RESPONSE, QUESTION, 'c00c 0001 0001 0000003c ffff c0000201'),
  response('an address of three octets', /3 octets/, RESPONSE, QUESTION, 'c00c 0001 0001 0000003c 0003 c00002'),
  response('an address of no octets (RFC 2136 has such, answers do not)', /0 octets/, RESPONSE, QUESTION, 'c00c 0001 0001 0000003c 0000'),
  response('65,535 answers promised and one there', /malformed/, '12348180 0001 ffff 0000 0000', QUESTION, 'c00c', A),
  response('an alias whose target runs out of its RDATA', /layout/, RESPONSE, QUESTION, 'c00c 0005 0001 0000003c 0002 0161 00'),
  response('an alias to itself', /16 links/, RESPONSE, QUESTION, 'c00c 0005 0001 0000003c 0002 c00c'),
  response('an alias to the root', undefined, RESPONSE, QUESTION, 'c00c 0005 0001 0000003c 0001 00'),
  response(
    'an owner that is a pointer into the header: zeros there are the root',
    undefined,
    RESPONSE,
    QUESTION,
    'c008',
    '0002 0001 0000003c 0001 00',
  ),
  response('a TTL with the top bit set', undefined, RESPONSE, QUESTION, 'c00c 0001 0001 ffffffff 0004 c0000201'),
  response(
    'an SOA too short for its numbers',
    /layout|short/,
    '12348183 0001 0000 0001 0000',
    QUESTION,
    'c00e 0006 0001 0000003c 0004 0000 0000',
  ),
  response(
    'an OPT that promises options beyond its end',
    undefined,
    '12348180 0001 0001 0000 0001',
    QUESTION,
    'c00c',
    A,
    '00 0029 04d0 00000000 0004 000a ffff',
  ),
  response(
    'an extended RCODE of 16 in OPT: BADVERS is no answer',
    /BADVERS/,
    '12348180 0001 0001 0000 0001',
    QUESTION,
    'c00c',
    A,
    '00 0029 04d0 01000000 0000',
  ),
  response('nothing behind the header', /runs past/, RESPONSE),
  response('half a header', /header/, '12348180'),
  response('nothing', /header/, ''),
]

export const QUERIES: readonly Vector[] = [
  query('a name that is a pointer to itself', QUERY, 'c00c 0001 0001'),
  query('a name of 128 labels', QUERY, '0161'.repeat(128), '00 0001 0001'),
  query('a name that ends with the message', QUERY, '0161'),
  query('a label that ends with the message', QUERY, '3f61'),
  query('a question without a class', QUERY, '0161 00 0001'),
  query('an OPT whose owner is a name', QUERY, QUESTION, '0161 00 0029 04d0 00000000 0000'),
  query('an OPT whose owner is a pointer to a root', QUERY, QUESTION, 'c014 0029 04d0 00000000 0000'),
  query('two OPTs', '12340100 0001 0000 0000 0002', QUESTION, '00 0029 04d0 00000000 0000'.repeat(2)),
  query('an option header cut in two', QUERY, QUESTION, '00 0029 04d0 00000000 0003 000a00'),
  query('an option longer than its OPT', QUERY, QUESTION, '00 0029 04d0 00000000 0004 000a 0001'),
  query('a payload size of zero', QUERY, QUESTION, '00 0029 0000 00000000 0000'),
  query('a cookie of seven octets', QUERY, QUESTION, '00 0029 04d0 00000000 000b 000a 0007 01020304050607'),
  query('65,535 additional records promised', '12340100 0001 0000 0000 ffff', QUESTION),
  query('every count at its highest', '12340100 ffff ffff ffff ffff', QUESTION),
  query('every bit of the flags', '1234ffff 0001 0000 0000 0000', QUESTION),
]
