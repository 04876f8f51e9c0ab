import type { Store } from '../../src/ports/store.ts'
import { testStore } from '../../src/testing/store-conformance.ts'
import { newFolder, openAt } from './support/folder.ts'

for (const thread of [false, true]) {
  const folders = new Map<Store, string>()

  async function openIn(folder: string): Promise<Store> {
    const store = await openAt(folder, { thread })
    folders.set(store, folder)
    return store
  }

  testStore(thread ? 'sqlite in a thread' : 'sqlite', {
    open: () => openIn(newFolder()),
    reopen: (store) => openIn(folders.get(store) ?? ''),
    capabilities: { nulInText: true, peers: false },
  })
}
