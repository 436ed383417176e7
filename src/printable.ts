/** Control characters but tabs and line ends, and what turns the direction of writing (UAX #9) or ends lines for some readers. */
const STEERING = /(?![\t\n\r])\p{Cc}|\r(?!\n|$)|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu
const ACTIVE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u

/** The text as a terminal may have it: what could steer one, in a zone file or a message of somebody else's, is written as in JSON. */
export function printable(text: string): string {
  return text.replace(STEERING, escapeCharacter)
}

/** The text as one line that steers nothing: tabs and line ends are written as in JSON, too. */
export function inert(text: string): string {
  return text.replace(new RegExp(ACTIVE, 'gu'), escapeCharacter)
}

/** Is it one line that steers nothing? */
export function isInert(text: string): boolean {
  return !ACTIVE.test(text)
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** What a person reads on standard error where an error ends the program and its message explains it wholly. */
export function printError({ message }: Error): void {
  for (const line of message.split('\n')) process.stderr.write(`sallyport: ${printable(line)}\n`)
}
