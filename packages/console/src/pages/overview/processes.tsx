import type { ReactElement } from 'react'
import { Instant } from '../../parts/instant.tsx'
import { excerpt } from '../../text/visible.ts'
import type { Overview } from './overview.ts'

export function Processes({ of }: { of: Overview['processes'] }): ReactElement {
  return (
    <section aria-label="Processes" className="stack">
      <h2>Processes</h2>
      <div className="card">
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">Process</th>
              <th scope="col">Role</th>
              <th scope="col">Version</th>
              <th scope="col">Started</th>
              <th scope="col">Seen</th>
            </tr>
          </thead>
          <tbody>
            {of.map(({ id, name, role, version, started_at, seen_at }) => (
              <tr key={id}>
                <th scope="row" className="foreign">
                  {excerpt(name, 60)}
                </th>
                <td>{role}</td>
                <td>{excerpt(version, 30)}</td>
                <td>
                  <Instant at={started_at} turns />
                </td>
                <td>
                  <Instant at={seen_at} turns />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
