/** A colour of somebody's brand, made into the shades that text on and beside it can be read in. */

type Colour = readonly [red: number, green: number, blue: number]

const BLACK: Colour = [0, 0, 0]
const WHITE: Colour = [255, 255, 255]

/** What links and marks stand on: the surfaces of `styles/tokens.css`. */
export const SURFACES = {
  light: ['#f5f6f8', '#ffffff', '#eef0f4', '#f0f3fa'],
  dark: ['#0f1116', '#171a21', '#1e222b', '#12151b', '#1f2430'],
} as const

/** WCAG 2.2: 1.4.3 for text, 1.4.11 for borders and marks. */
const TEXT = 4.5
const MARK = 3
const STEPS = 50

/**
 * The tokens of `styles/tokens.css` that follow the accent.
 * @param accent `#rrggbb`
 */
export function accentTokens(accent: string): Record<`--${string}`, string> {
  const given = parse(accent)
  const light = SURFACES.light.map(parse)
  const dark = SURFACES.dark.map(parse)
  const softLight = mixed(WHITE, given, 0.1)
  const softDark = mixed(parse('#171a21'), given, 0.18)
  const both = (one: Colour, other: Colour) => `light-dark(${text(one)}, ${text(other)})`
  return {
    '--accent': both(readable(given, BLACK, light, MARK), readable(given, WHITE, dark, MARK)),
    // White stands on it.
    '--accent-strong': text(readable(given, BLACK, [WHITE], TEXT)),
    '--accent-text': both(
      readable(given, BLACK, [...light, softLight], TEXT),
      readable(given, WHITE, [...dark, softDark], TEXT),
    ),
    '--accent-soft': both(softLight, softDark),
  }
}

/** @returns the ratio of WCAG 2.2, 1 to 21 */
export function contrast(one: string, other: string): number {
  return ratio(parse(one), parse(other))
}

/** The nearest to the colour, on the way to another, that stands out from all of these. */
function readable(colour: Colour, towards: Colour, from: readonly Colour[], least: number): Colour {
  for (let step = 0; step < STEPS; step++) {
    const shade = mixed(colour, towards, step / STEPS)
    if (from.every((one) => ratio(shade, one) >= least)) return shade
  }
  return towards
}

function mixed(one: Colour, other: Colour, share: number): Colour {
  const at = (index: 0 | 1 | 2) => Math.round(one[index] + (other[index] - one[index]) * share)
  return [at(0), at(1), at(2)]
}

function ratio(one: Colour, other: Colour): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function parse(hex: string): Colour {
  const number = Number.parseInt(hex.slice(1), 16)
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255]
}

function text(colour: Colour): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`
}
