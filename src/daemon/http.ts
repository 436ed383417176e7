/** Node's HTTP. Not imported, because that makes every part of it, a client like undici included, for the names that it exports: half of a start (bench/start). */
export const http = process.getBuiltinModule('node:http')
