import {
  addresses,
  choice,
  daysKept,
  flag,
  optionalText,
  type Setting,
  type SettingValue,
  text,
  wholeNumber,
} from "./setting_kinds.ts";

/** Ten years. */
const DAYS_MAX = 3650;
const WEEK_MINUTES = 7 * 24 * 60;

const RELEASE = {
  pattern: /^[a-z0-9][a-z0-9._-]{0,62}\/[a-z0-9][a-z0-9._-]{0,62}$/,
  accepted: "os/release as the images are named, such as ubuntu/noble",
};

/** Every setting, in the order in which a reader wants them. */
export const SETTINGS = {
  deployRelease: optionalText({
    ...RELEASE,
    default: null,
    description: "What a deploy installs that names no image: the newest image of this release " +
      "for the machine's architecture. null: a deploy must name its image.",
  }),
  commissioningRelease: optionalText({
    ...RELEASE,
    default: null,
    changesSites: true,
    description:
      "What machines are taken in, commissioned, tested, wiped and rescued with, where " +
      "there is an image of it for their architecture. null: the newest image.",
  }),
  kernelOptions: text({
    default: "",
    // What can stand on a kernel command line as it is, in every boot loader.
    pattern: /^([\w.,:=/@+-]([\w .,:=/@+-]{0,498}[\w.,:=/@+-])?)?$/,
    accepted: "at most 500 letters, digits, spaces inside, and . , : = / @ + - _",
    changesSites: true,
    description:
      "Put on every kernel command line, of the systems that machines are worked on in " +
      "and of those installed, behind the image's own options and before those of tags.",
  }),
  storageLayout: choice({
    default: "flat",
    choices: ["flat", "lvm", "raid"],
    description: "How the disks of a machine are laid out for which nobody has asked for anything.",
  }),
  dnsServers: addresses({
    default: [],
    itemsMax: 8,
    changesSites: true,
    description: "Name servers that DHCP tells in subnets that name none themselves.",
  }),
  ntpServers: addresses({
    default: [],
    itemsMax: 8,
    changesSites: true,
    description: "Time servers that DHCP tells in subnets that name none themselves.",
  }),
  leaseSeconds: wholeNumber({
    default: 3600,
    minimum: 60,
    maximum: 604_800,
    description: "How long a lease lasts, in subnets that are made from now on and do not say.",
  }),
  enlistsByDefault: flag({
    default: true,
    description: "Whether a site that is made from now on takes in unknown machines, where its " +
      "maker does not say.",
  }),
  commissionMinutes: wholeNumber({
    default: 60,
    minimum: 10,
    maximum: WEEK_MINUTES,
    description: "The deadline of a commissioning, to which the time of its scripts is added.",
  }),
  testMinutes: wholeNumber({
    default: 60,
    minimum: 10,
    maximum: WEEK_MINUTES,
    description: "The deadline of a test, to which the time of its scripts is added.",
  }),
  deployMinutes: wholeNumber({
    default: 120,
    minimum: 10,
    maximum: WEEK_MINUTES,
    description: "The deadline of a deploy, until the installed system has reported.",
  }),
  rescueMinutes: wholeNumber({
    default: 60,
    minimum: 10,
    maximum: WEEK_MINUTES,
    description: "The deadline for a machine to be in rescue mode.",
  }),
  noReportMinutes: wholeNumber({
    default: 15,
    minimum: 1,
    maximum: WEEK_MINUTES,
    description: "How long after its deadline an operation is given up of which the site has not " +
      "reported an end.",
  }),
  siteSilentMinutes: wholeNumber({
    default: 15,
    minimum: 2,
    maximum: WEEK_MINUTES,
    description: "After how long admins are told of a site that gives no sign of life although " +
      "something waits for it.",
  }),
  rangeFullPercent: wholeNumber({
    default: 90,
    minimum: 50,
    maximum: 100,
    description: "From how much use of a subnet's dynamic addresses on admins are told.",
  }),
  sessionHours: wholeNumber({
    default: 12,
    minimum: 1,
    maximum: 720,
    description: "How long somebody who signs in from now on stays signed in at most.",
  }),
  sessionIdleMinutes: wholeNumber({
    default: 120,
    minimum: 5,
    maximum: 43_200,
    description: "After how long without a request a session that begins from now on ends.",
  }),
  publishesImages: flag({
    default: false,
    description: "Whether everybody who reaches the region may read its images, uploaded ones " +
      "included, as a signed SimpleStreams tree (GET /image-publishing tells where).",
  }),
  eventDaysKept: daysKept({
    default: 365,
    minimum: 7,
    maximum: DAYS_MAX,
    description: "Days for which events are kept. null: for ever.",
  }),
  factDaysKept: daysKept({
    default: 365,
    minimum: 7,
    maximum: DAYS_MAX,
    description: "Days for which the facts are kept that agents reported, of which the progress " +
      "of operations is made. null: for ever.",
  }),
  scriptRunsKept: wholeNumber({
    default: 10,
    minimum: 1,
    maximum: 1000,
    description:
      "Of how many commissionings and of how many tests a machine's script results are " +
      "kept; those before go when the next one begins.",
  }),
  auditDaysKept: daysKept({
    default: null,
    minimum: 30,
    maximum: DAYS_MAX,
    description: "Days for which the audit is kept; older entries are removed from the beginning " +
      "of its chain. null: for ever.",
  }),
  deliveryDaysKept: wholeNumber({
    default: 7,
    // A delivery is tried for about a day and a half.
    minimum: 2,
    maximum: DAYS_MAX,
    description: "Days for which the log of webhook deliveries is kept.",
  }),
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[]; // exactly its keys

/** The value of every setting, as it is in force. */
export type Settings = {
  readonly [N in SettingName]: typeof SETTINGS[N] extends Setting<infer T> ? T : never;
};

/** What is in force when nobody has set anything. */
export const DEFAULT_SETTINGS: Settings = settingsFrom(new Map());

/** What was stored, over the defaults; what is stored and not taken (any more) counts as not set. */
export function settingsFrom(stored: ReadonlyMap<string, unknown>): Settings {
  const entries = SETTING_NAMES.map((name) => {
    const setting: Setting<SettingValue> = SETTINGS[name];
    const value = stored.has(name) ? setting.parse(stored.get(name)) : undefined;
    return [name, value === undefined ? setting.default : value];
  });
  return Object.fromEntries(entries) as Settings; // each name with a value of its own setting
}

/** Whether there is a setting of this name. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}
