import type { ReactElement } from 'react'
import { useChange } from '../../data/queries.ts'
import { useMayWrite } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { Note, Problem } from '../../parts/note.tsx'
import { Section } from '../../parts/page.tsx'
import { refusalText } from '../../text/cause.ts'
import { visible } from '../../text/visible.ts'

interface DoctorProps {
  readonly sourceId: string
  readonly requestId: string
  readonly refused: boolean
}

/** Why the signature does not fit, and what to do. */
export function Doctor({ sourceId, requestId, refused }: DoctorProps): ReactElement | null {
  const verify = useChange('verifyRequest')
  const mayWrite = useMayWrite()
  if (!mayWrite) return null
  const { data, error } = verify
  return (
    <Section title="Signature">
      <div className="stack">
        {data === undefined && (
          <p className="muted">
            {refused
              ? 'The doctor tries the known mistakes and says which one fits.'
              : 'Verify it again as of its receipt, with the source as it is now.'}
          </p>
        )}
        {error && <Problem error={error} />}
        {data?.diagnoses.map(({ cause, detail, remedy }) => (
          <Note key={cause} tone="warn" title={visible(detail)}>
            <span>{visible(remedy)}</span>
          </Note>
        ))}
        {data && !data.ok && data.diagnoses.length === 0 && (
          <Note tone="warn" title="No known mistake explains it.">
            <span>Most often the secret is another one: compare it with that on the provider’s page.</span>
          </Note>
        )}
        {data && (
          <Note
            tone={data.ok ? 'good' : 'bad'}
            title={
              data.ok
                ? 'It fits, with the source as it is now.'
                : `It does not fit: ${visible(refusalText(data.reason ?? ''))}.`
            }
          >
            {data.detail && <span>{visible(data.detail)}</span>}
          </Note>
        )}
        <div className="line">
          <Button
            busy={verify.isPending}
            onClick={() => verify.mutate({ params: { id: sourceId, request_id: requestId } })}
          >
            {!refused ? 'Verify again' : data === undefined ? 'Ask the doctor' : 'Ask again'}
          </Button>
        </div>
      </div>
    </Section>
  )
}
