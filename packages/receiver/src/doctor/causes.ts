/**
 * Known mistakes that make a good signature not fit, and what to do about each. Stable names; the texts may improve.
 */
export const CAUSES = {
  body_reserialised:
    'Verify the raw bytes: mount the adapter before any body parser, and do not parse and write again.',
  body_unescaped:
    'Verify the raw bytes: somewhere \\uXXXX or \\/ in the JSON was turned into the character itself.',
  body_final_newline:
    'Keep the body byte for byte: an editor, a shell or a template added or cut its last line break.',
  body_bom: 'Keep the byte order mark as it came: decoding the body as text drops it.',
  body_line_ends: 'Keep the line breaks as they came: the body went through a text mode or a Git checkout.',
  body_form: 'Verify the form as it was sent, percent-encoded: a form parser was there first.',
  body_charset: 'Keep the bytes: the body was read as Latin-1 and written as UTF-8.',
  body_missing:
    'The body is empty: it was read before, by a body parser or a proxy. Verify before anything reads it.',
  secret_whitespace:
    'Cut the white space round the secret: it came with a line break from a file or a variable.',
  secret_quotes: 'Take the quotation marks off the secret: they belong to the file that it was read from.',
  secret_encoding: 'Use the secret in the form that the scheme wants: text, hex, or base64 after its prefix.',
  secret_other: 'Configure the secret that fits: this request was signed with another one that you have.',
  timestamp_unit:
    'Declare the other unit: the time stamp is in milliseconds where seconds are expected, or the reverse.',
  clock_skew: 'Set this clock and the sender’s by NTP. A stored request is verified as of its receipt.',
  url_scheme: 'Give the public URL: the proxy in front took https and hands on http, or the reverse.',
  url_port: 'Give the public URL with the port that the sender calls, or without it.',
  url_host: 'Give the public URL: the proxy in front calls this server by another name.',
  url_path: 'Give the public URL: the proxy in front cuts or adds the beginning of the path.',
  url_trailing_slash: 'Register and verify the same URL: one has a slash at its end, the other has none.',
  url_query: 'Give the URL with its query, as the sender calls it.',
  header_alias:
    'Accept the other names of the headers (svix-… and webhook-…): for Standard Webhooks set svixHeaders.',
  header_name: 'Name the header that carries the signature in the scheme.',
  header_duplicated: 'Find out who sends the header twice: a proxy has copied it.',
  signature_encoding: 'Declare the other encoding of the signature: hex and base64 are confused.',
  signature_prefix: 'Declare the prefix that the header has, or none.',
  algorithm: 'Declare the algorithm that the sender uses.',
  scheme_other: 'Choose the other provider or scheme: the request fits it as it is.',
} as const satisfies Readonly<Record<string, string>>

export type Cause = keyof typeof CAUSES

/** A mistake without which the signature would have fitted. */
export interface Diagnosis {
  readonly cause: Cause
  /** What exactly was changed in thought, or measured. Never a secret. */
  readonly detail: string
  readonly remedy: string
}
