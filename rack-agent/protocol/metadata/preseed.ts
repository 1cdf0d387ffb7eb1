import type { OauthCredentials } from "./oauth.ts";

/** What ties a system's cloud-init to this agent. */
export interface CloudSource {
  readonly metadataUrl: string;
  readonly statusUrl: string;
  readonly credentials: OauthCredentials;
}

/**
 * The cloud-config that cloud-init's MAAS datasource starts from.
 *
 * It is served to the machine it is for alone, and holds that machine's credentials.
 */
export function preseed(source: CloudSource): string {
  return ["#cloud-config", ...sourceLines(source)].join("\n") + "\n";
}

/**
 * The installed system's cloud-init configuration: the same datasource, used once.
 *
 * `manual_cache_clean` keeps later boots from waiting for a metadata service they do not need.
 */
export function installedConfig(source: CloudSource): string {
  return ["datasource_list: [MAAS]", ...sourceLines(source), "manual_cache_clean: true"]
    .join("\n") + "\n";
}

/**
 * Top-level keys stand at the start of their lines: before Python runs, a shell script of cloud-init
 * (ds-identify) looks for them so, and switches cloud-init off when it finds none. JSON is YAML.
 */
function sourceLines({ metadataUrl, statusUrl, credentials }: CloudSource): string[] {
  const { consumerKey, tokenKey, tokenSecret } = credentials;
  const oauth = {
    consumer_key: consumerKey,
    token_key: tokenKey,
    token_secret: tokenSecret,
  };
  // Waits while the agent restarts, instead of giving up after a first refusal.
  const maas = { metadata_url: metadataUrl, ...oauth, max_wait: 300, timeout: 20 };
  const webhook = { type: "webhook", endpoint: statusUrl, ...oauth };
  return [
    "datasource:",
    `  MAAS: ${JSON.stringify(maas)}`,
    "reporting:",
    `  rackwright: ${JSON.stringify(webhook)}`,
  ];
}
