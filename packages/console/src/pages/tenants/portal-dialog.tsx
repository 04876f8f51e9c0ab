import type { Body, Result } from 'posthorn/client'
import { type FormEvent, type ReactElement, useState } from 'react'
import { useChange } from '../../data/queries.ts'
import { given } from '../../data/search.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog, DialogEnd } from '../../parts/dialog.tsx'
import { errorAt, SelectField, TextField } from '../../parts/field.tsx'
import { FormProblem } from '../../parts/form-problem.tsx'
import { Instant } from '../../parts/instant.tsx'
import { ShownOnce } from '../../parts/once.tsx'

interface PortalDialogProps {
  /** Its slug. */
  readonly tenant: string
  readonly onClose: () => void
}

type Input = Body<'createPortalSession'>

const INITIAL = { scope: 'view', expires: '3600', user: '', logo_url: '', accent: '', mode: 'auto' }

/** A link with which a tenant's own users see what is theirs, without a key. */
export function PortalDialog({ tenant, onClose }: PortalDialogProps): ReactElement {
  const [values, setValues] = useState(INITIAL)
  const [made, setMade] = useState<Result<'createPortalSession'> | null>(null)
  const create = useChange('createPortalSession', setMade)
  const field = (name: keyof typeof values, place: string = name) => ({
    value: values[name],
    onValue: (value: string) => setValues((old) => ({ ...old, [name]: value })),
    error: errorAt(create.error, place),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate({ body: inputOf(tenant, values) })
  }
  if (made !== null) return <Link made={made} onClose={onClose} />
  return (
    <Dialog title={`Portal link for ${tenant}`} open onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <FormProblem
          error={create.error}
          fields={['scope', 'expires_in_s', 'user', 'theme']}
          what="It was not made"
        />
        <p className="muted">
          Whoever opens the link sees the subscriptions, events and deliveries of this tenant, and nothing
          else.
        </p>
        <div className="field-row">
          <SelectField
            label="They may"
            choices={[
              ['view', 'look'],
              ['manage', 'look, change subscriptions, retry'],
            ]}
            {...field('scope')}
          />
          <SelectField
            label="For"
            choices={[
              ['900', '15 minutes'],
              ['3600', '1 hour'],
              ['28800', '8 hours'],
              ['86400', '24 hours'],
            ]}
            {...field('expires', 'expires_in_s')}
          />
        </div>
        <TextField
          label="User"
          hint="Who it is for: what is done there stands under this name in the audit log."
          placeholder="ada@acme.example"
          {...field('user')}
        />
        <details className="more">
          <summary>How it looks</summary>
          <div className="form">
            <TextField
              label="Logo"
              hint="An https address, or data:image/png;base64,…"
              mono
              {...field('logo_url', 'theme/logo_url')}
            />
            <div className="field-row">
              <TextField
                label="Accent"
                mono
                placeholder="#1a7f37"
                hint="Its shades are made so that they can be read."
                {...field('accent', 'theme/accent')}
              />
              <SelectField
                label="Theme"
                choices={[
                  ['auto', 'as the browser'],
                  ['light', 'light'],
                  ['dark', 'dark'],
                ]}
                {...field('mode', 'theme/mode')}
              />
            </div>
          </div>
        </details>
        <DialogEnd>
          <Button onClick={onClose}>Leave it</Button>
          <Button look="primary" type="submit" busy={create.isPending}>
            Make a link
          </Button>
        </DialogEnd>
      </form>
    </Dialog>
  )
}

function inputOf(tenant: string, values: typeof INITIAL): Input {
  const theme = given({ logo_url: values.logo_url.trim(), accent: values.accent.trim(), mode: values.mode })
  return given({
    ...{ tenant, scope: values.scope, expires_in_s: Number(values.expires), user: values.user.trim() },
    theme,
  }) as Input
}

function Link({ made, onClose }: { made: Result<'createPortalSession'>; onClose: () => void }): ReactElement {
  return (
    <ShownOnce title="The link" secret={made.url} onClose={onClose}>
      <p>
        It works once, until <Instant at={made.link_expires_at} turns />: whoever opens it first is in. What
        it opens ends <Instant at={made.expires_at} turns /> at the latest.
      </p>
    </ShownOnce>
  )
}
