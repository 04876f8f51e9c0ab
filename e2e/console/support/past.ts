/** Loaded into a server before its program: its clock goes `PAST_MS` behind, so that what it does is old afterwards. */
const { now } = Date
const behind = Number(process.env.PAST_MS ?? 0)

Date.now = () => now() - behind
