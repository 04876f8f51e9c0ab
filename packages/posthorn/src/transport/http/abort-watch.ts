import { type Link, LinkedList } from './linked-list.ts'

/** What ends early when a signal aborts. */
export interface Abortable {
  onAbort(): void
}

/**
 * One listener for each signal, however many attempts share it: removing one of n listeners from a signal is O(n), and
 * the signal of a shutdown is shared by all.
 */
export class AbortWatch {
  readonly #watched = new WeakMap<AbortSignal, LinkedList<Abortable>>()

  /** @returns where to remove it again */
  add(signal: AbortSignal, abortable: Abortable): Watch {
    let list = this.#watched.get(signal)
    if (!list) {
      list = new LinkedList()
      this.#watched.set(signal, list)
      signal.addEventListener('abort', abortAll.bind(null, list))
    }
    return { list, link: list.add(abortable) }
  }
}

export interface Watch {
  readonly list: LinkedList<Abortable>
  readonly link: Link<Abortable>
}

/** Each removes itself as it ends. */
function abortAll(list: LinkedList<Abortable>): void {
  for (let link = list.first; link; link = list.first) link.value.onAbort()
}
