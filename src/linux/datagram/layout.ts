// The structures of recvmmsg(2) and sendmmsg(2), as every 64-bit Linux lays them out; in words of 64 bits but where it says otherwise.

import { endianness } from 'node:os'

/** Datagrams in one call. */
export const BATCH = 64

export const MSG_DONTWAIT = 0x40

/** Of the two words of 32 bits that make one of 64, the one with the small numbers. */
export const LOW_WORD = endianness() === 'LE' ? 0 : 1

/** struct iovec { void *base; size_t length; } */
export const IOVEC_WORDS = 2

/** struct mmsghdr { struct msghdr { void *name; u32 name_length; iovec *iov; size_t iov_length; void *control; size_t control_length; int flags }; u32 length } */
export const HEADER_WORDS = 8
export const IOV = 2
export const IOV_LENGTH = 3
export const CONTROL = 4
export const CONTROL_LENGTH = 5
/** In words of 32 bits, from the start of the header. */
export const NAME_LENGTH = 2
export const LENGTH = 14
