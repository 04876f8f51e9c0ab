import type { Row } from 'posthorn/client'
import { type FormEvent, type ReactElement, useState } from 'react'
import { useChange } from '../../data/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog, DialogEnd } from '../../parts/dialog.tsx'
import { errorAt, TextField } from '../../parts/field.tsx'
import { FormProblem } from '../../parts/form-problem.tsx'

interface TenantDialogProps {
  /** null: a new one. */
  readonly tenant: Row<'listTenants'> | null
  readonly onClose: () => void
}

export function TenantDialog({ tenant, onClose }: TenantDialogProps): ReactElement {
  const [slug, setSlug] = useState('')
  const [name, setName] = useState(tenant?.name ?? '')
  const create = useChange('createTenant', onClose)
  const update = useChange('updateTenant', onClose)
  const { error, isPending } = tenant === null ? create : update
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (tenant === null) create.mutate({ body: { slug, ...(name === '' ? {} : { name }) } })
    else update.mutate({ params: { id: tenant.id }, body: { name } })
  }
  return (
    <Dialog title={tenant === null ? 'New tenant' : `Rename ${tenant.slug}`} open onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <FormProblem error={error} fields={['slug', 'name']} />
        {tenant === null && (
          <TextField
            label="Slug"
            hint="Small letters, digits and -. It never changes."
            required
            mono
            value={slug}
            onValue={setSlug}
            error={errorAt(error, 'slug')}
          />
        )}
        <TextField
          label="Name"
          required={tenant !== null}
          value={name}
          onValue={setName}
          error={errorAt(error, 'name')}
        />
        <DialogEnd>
          <Button onClick={onClose}>Leave it</Button>
          <Button look="primary" type="submit" busy={isPending}>
            {tenant === null ? 'Create' : 'Save'}
          </Button>
        </DialogEnd>
      </form>
    </Dialog>
  )
}
