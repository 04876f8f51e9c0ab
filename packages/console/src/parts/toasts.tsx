/** Short words on what has just happened, at the edge of the page. */
import { Toast } from '@base-ui/react/toast'
import type { PosthornApiError } from 'posthorn/client'
import type { ReactElement } from 'react'
import { visible } from '../text/visible.ts'

const manager = Toast.createToastManager()

export function tell(text: string): void {
  manager.add({ description: visible(text), type: 'plain' })
}

/** A failure stays until it is closed. */
export function tellProblem(error: PosthornApiError): void {
  manager.add({ description: visible(error.detail), type: 'bad', timeout: 0 })
}

export function Toasts(): ReactElement {
  return (
    <Toast.Provider toastManager={manager}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <Shown />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function Shown(): ReactElement[] {
  const { toasts } = Toast.useToastManager()
  return toasts.map((toast) => (
    <Toast.Root className="toast" key={toast.id} toast={toast}>
      <Toast.Description />
      <Toast.Close className="button" data-look="quiet" data-size="small">
        Close
      </Toast.Close>
    </Toast.Root>
  ))
}
