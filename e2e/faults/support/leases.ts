/** What is leased, read beside the program: what a process has in flight is what its death may repeat. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Cluster } from '../../support/cluster.ts'

/** @param pid of one process; null: of all of them */
export async function clusterLeases(cluster: Cluster, pid: number | null): Promise<number> {
  const [row] = await cluster.query<{ count: string }>(
    `select count(*) from {schema}.pending p where event_key >= 0 and lease_token is not null
    and ($1::text is null or exists (select from {schema}.processes r
      where r.name like '%:' || $1 and p.lease_token like r.id || ':%'))`,
    pid === null ? null : String(pid),
  )
  return Number(row?.count)
}

/** Of the one process on this folder, dead or alive. */
export function embeddedLeases(dataDir: string): Promise<number> {
  const db = new DatabaseSync(join(dataDir, 'posthorn.db'), { readOnly: true })
  try {
    const row = db.prepare('select count(*) as leases from deliveries where lease_token is not null').get()
    return Promise.resolve(Number(row?.leases))
  } finally {
    db.close()
  }
}
