import { flagName } from '../config/camunda-env.ts'
import { isSecret, type SettingName, settingNames, settingSchema } from '../config/schema.ts'
import type { CommandEntry, OwnFlag } from './commands.ts'

/** The flags that name files of settings. */
const fileFlags: readonly OwnFlag[] = [
  { name: 'env-file', value: 'FILE', description: "variables to add, such as the Console's download" },
  {
    name: 'config',
    value: 'FILE',
    description: 'settings in YAML or JSON; the only place for several clusters',
  },
]

const everywhere: readonly OwnFlag[] = [
  { name: 'verbose', description: 'say more where something fails' },
  { name: 'help', description: 'show what the command does, and its flags' },
]

/** A flag as completion needs to know it. */
export interface CompletedFlag {
  name: string
  description: string
  takesValue: boolean
  takesPath: boolean
  choices: readonly string[]
}

/** All flags that may follow a command: its own, those of settings, and those of all. */
export function flagsOf({ flags = [], takesSettings }: CommandEntry): CompletedFlag[] {
  const settings = settingNames.filter((name) => !isSecret(name)).map(settingFlag)
  const own = (flag: OwnFlag) => ({
    name: flag.name,
    description: flag.description,
    takesValue: flag.value !== undefined,
    takesPath: flag.value === 'FILE',
    choices: flag.choices ?? [],
  })
  return [
    ...flags.map(own),
    ...(takesSettings ? [...fileFlags.map(own), ...settings] : []),
    ...everywhere.map(own),
  ]
}

function settingFlag(name: SettingName): CompletedFlag {
  const { type, enum: choices = [], description } = settingSchema(name)
  return {
    name: flagName(name),
    description: description.replaceAll('`', '').replace(/[.:] .*|\.$/s, ''),
    takesValue: type !== 'boolean',
    takesPath: /File$|[sS]ocket$/.test(name),
    choices,
  }
}
