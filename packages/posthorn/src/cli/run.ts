import { Command, CommanderError } from 'commander'
import { VERSION } from '../instance/version.ts'
import { COMMANDS } from './commands.ts'
import type { Context } from './context.ts'
import { type CliError, EXIT, exitCodesHelp, usageError } from './exit.ts'
import { asCliError, report } from './failure.ts'

/**
 * Runs one command line.
 * @param args without the interpreter and the script
 * @returns the exit code
 */
export async function run(args: readonly string[], context: Context): Promise<number> {
  const wantsJson = args.includes('--json')
  try {
    const program = await makeProgram(args, context)
    await program.parseAsync(args, { from: 'user' })
    return EXIT.ok.code
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok.code
      return await report(context.output, ofCommander(error), wantsJson)
    }
    return await report(context.output, asCliError(error), wantsJson)
  }
}

/** The whole tree of commands, of which only the one that is called is loaded. */
async function makeProgram(args: readonly string[], context: Context): Promise<Command> {
  const program = new Command('posthorn')
    .description('Posthorn sends and receives webhooks.')
    .version(VERSION, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .addHelpText('after', exitCodesHelp())
  const wanted = args.find((argument) => argument !== 'help' && !argument.startsWith('-'))
  for (const { name, summary, load } of COMMANDS) {
    const command = name === wanted ? (await load())(context) : new Command(name)
    program.addCommand(command.summary(summary))
  }
  configure(program, context)
  return program
}

/** Commander must neither write past our output nor end the process. */
function configure(command: Command, context: Context): void {
  const { output } = context
  command
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void output.line(text.replace(/\n$/, '')),
      // Its errors come as exceptions too, and are said once, by `report`.
      writeErr: () => {},
      getOutHelpWidth: () => output.width ?? 100,
    })
    .showSuggestionAfterError()
  if (command.parent) command.helpOption('--help', 'print this help').allowExcessArguments(false)
  for (const sub of command.commands) configure(sub, context)
}

function ofCommander(error: CommanderError): CliError {
  const message = error.message.replace(/^error: /, '')
  // A command that is called without its subcommand answers with its help, which is no result.
  return usageError(
    error.code === 'commander.help'
      ? 'Say what to do: --help lists it. `posthorn dev` is a good first command.'
      : `${message.slice(0, 1).toUpperCase()}${message.slice(1)}${/[.?)]$/.test(message) ? '' : '.'}`,
  )
}
