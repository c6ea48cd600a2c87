import { Dispatcher } from 'undici'

/** A dispatcher of ours: says once how it ends, for each of the ways in which undici's may be told to. */
export abstract class OwnDispatcher extends Dispatcher {
  /** Takes no more requests, and ends what it holds by the one or the other; resolves when all of it has ended. */
  protected abstract end(how: 'close' | 'destroy', error: Error | null): Promise<void>

  override close(): Promise<void>
  override close(callback: () => void): void
  override close(callback?: () => void): Promise<void> | void {
    return told(this.end('close', null), callback)
  }

  override destroy(): Promise<void>
  override destroy(error: Error | null): Promise<void>
  override destroy(callback: () => void): void
  override destroy(error: Error | null, callback: () => void): void
  override destroy(first?: Error | null | (() => void), second?: () => void): Promise<void> | void {
    const [error, callback] = typeof first === 'function' ? [null, first] : [first ?? null, second]
    return told(this.end('destroy', error), callback)
  }
}

function told(ended: Promise<void>, callback: (() => void) | undefined): Promise<void> | void {
  if (callback === undefined) return ended
  void ended.then(callback)
}
