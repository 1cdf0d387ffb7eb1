import type { OauthCredentials } from "./oauth.ts";

/**
 * The cloud-config that cloud-init's MAAS datasource starts from.
 *
 * It is served to the machine it is for alone, and holds that machine's credentials. JSON is YAML.
 */
export function preseed(input: {
  readonly metadataUrl: string;
  readonly statusUrl: string;
  readonly credentials: OauthCredentials;
}): string {
  const config = { datasource: { MAAS: datasource(input) }, reporting: reporting(input) };
  return `#cloud-config\n${JSON.stringify(config, null, 1)}\n`;
}

interface PreseedInput {
  readonly metadataUrl: string;
  readonly statusUrl: string;
  readonly credentials: OauthCredentials;
}

function datasource({ metadataUrl, credentials }: PreseedInput) {
  return {
    metadata_url: metadataUrl,
    consumer_key: credentials.consumerKey,
    token_key: credentials.tokenKey,
    token_secret: credentials.tokenSecret,
    // Waits while the agent restarts, instead of giving up after a first refusal.
    max_wait: 300,
    timeout: 20,
  };
}

function reporting({ statusUrl, credentials }: PreseedInput) {
  return {
    rackwright: {
      type: "webhook",
      endpoint: statusUrl,
      consumer_key: credentials.consumerKey,
      token_key: credentials.tokenKey,
      token_secret: credentials.tokenSecret,
    },
  };
}

/**
 * The installed system's cloud-init configuration: the same datasource, used once.
 *
 * `manual_cache_clean` keeps later boots from waiting for a metadata service they do not need.
 */
export function installedConfig(input: PreseedInput): string {
  const config = {
    datasource_list: ["MAAS"],
    datasource: { MAAS: datasource(input) },
    reporting: reporting(input),
    manual_cache_clean: true,
  };
  return `${JSON.stringify(config, null, 1)}\n`;
}
