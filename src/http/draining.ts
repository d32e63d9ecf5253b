/**
 * Tells app and listener that the process is stopping: answers then close their connection, so no caller sends a next
 * request into a socket that is about to go, and readiness says no.
 */
export class Draining {
  private started = false;

  get active(): boolean {
    return this.started;
  }

  /** Cannot be taken back. */
  begin(): void {
    this.started = true;
  }
}
