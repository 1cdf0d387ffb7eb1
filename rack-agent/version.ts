/** Of the agent; the region serves the two versions before its own. */
export const AGENT_VERSION = "0.1.0";
/** The commit that a built agent was made from; the build writes it in. */
export const AGENT_COMMIT = "none";
/** Of the conversation with the region: the `v1` in its paths. */
export const AGENT_PROTOCOL = "v1";
