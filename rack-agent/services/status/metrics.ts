/** A number with what it counts, for Prometheus. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly samples: readonly {
    readonly labels?: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

/** Metrics in Prometheus's text format, version 0.0.4. */
export function formatMetrics(metrics: readonly Metric[]): string {
  return metrics.flatMap(({ name, help, type, samples }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(({ labels = {}, value }) => `${name}${formatLabels(labels)} ${value}`),
  ]).join("\n") + "\n";
}

/**
 * Counters of any shape: each number a metric named after its way there, and one level of numbers by
 * reason a metric with a label.
 */
export function metricsOf(prefix: string, counters: Readonly<Record<string, unknown>>): Metric[] {
  return Object.entries(counters).flatMap(([key, value]): Metric[] => {
    const name = `${prefix}_${key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    const help = `${key} of ${prefix.replaceAll("_", " ")}`;
    if (typeof value === "number") {
      return [{ name, help, type: "gauge", samples: [{ value }] }];
    }
    if (typeof value !== "object" || value === null) return [];
    const samples = Object.entries(value)
      .filter((entry): entry is [string, number] => typeof entry[1] === "number")
      .map(([reason, count]) => ({ labels: { reason }, value: count }));
    return samples.length > 0 ? [{ name, help, type: "counter", samples }] : [];
  });
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
