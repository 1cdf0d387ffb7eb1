/** Of the agent; the region serves the two versions before its own. */
export const AGENT_VERSION = "0.1.0";
