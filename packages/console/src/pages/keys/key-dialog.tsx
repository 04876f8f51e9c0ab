import type { Body } from 'posthorn/client'
import { type FormEvent, type ReactElement, useState } from 'react'
import { useChange } from '../../data/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog, DialogEnd } from '../../parts/dialog.tsx'
import { errorAt, SelectField, TextField } from '../../parts/field.tsx'
import { FormProblem } from '../../parts/form-problem.tsx'
import { ShownOnce } from '../../parts/once.tsx'

type Scope = Body<'createKey'>['scope']

export function KeyDialog({ onClose }: { onClose: () => void }): ReactElement {
  const [name, setName] = useState('')
  const [scope, setScope] = useState<Scope>('publish')
  const [key, setKey] = useState<string | null>(null)
  const create = useChange('createKey', (made) => setKey(made.key))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate({ body: { name, scope } })
  }
  if (key !== null) return <ShownOnce title="The new key" secret={key} onClose={onClose} />
  return (
    <Dialog title="New key" open onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <FormProblem error={create.error} fields={['name']} what="It was not made" />
        <TextField
          label="Name"
          hint="Who uses it."
          required
          value={name}
          onValue={setName}
          error={errorAt(create.error, 'name')}
        />
        <SelectField
          label="It may"
          value={scope}
          onValue={(value) => setScope(value as Scope)}
          choices={[
            ['publish', 'publish events only'],
            ['read', 'read this tenant'],
            ['tenant', 'do everything in this tenant'],
            ['admin', 'do everything, in every tenant'],
          ]}
        />
        <DialogEnd>
          <Button onClick={onClose}>Leave it</Button>
          <Button look="primary" type="submit" busy={create.isPending}>
            Create
          </Button>
        </DialogEnd>
      </form>
    </Dialog>
  )
}
