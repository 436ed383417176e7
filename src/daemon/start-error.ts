/** What keeps a process from starting until someone changes something; the message says what. Ends with exit code 2. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StartError'
  }
}
