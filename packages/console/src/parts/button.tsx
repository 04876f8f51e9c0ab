import type { ComponentProps, ReactElement, ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'className'> {
  readonly look?: 'plain' | 'primary' | 'danger' | 'quiet'
  readonly size?: 'usual' | 'small' | undefined
  readonly icon?: IconName
  /** Its change is under way: it takes no second press. */
  readonly busy?: boolean
  readonly children?: ReactNode
}

/** A button with an icon alone needs an `aria-label`. */
export function Button({ look = 'plain', size, icon, busy, children, ...rest }: ButtonProps): ReactElement {
  return (
    <button
      type="button"
      {...rest}
      className="button"
      data-look={look}
      data-size={size}
      data-icon-only={children === undefined}
      disabled={rest.disabled || busy}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  )
}
