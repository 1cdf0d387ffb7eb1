/** A number with what it counts, for Prometheus. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly Sample[];
}

interface Sample {
  /** What a histogram's sample adds to the name. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Metrics in Prometheus's text format, version 0.0.4. */
export function formatMetrics(metrics: readonly Metric[]): string {
  return metrics.flatMap(({ name, help, type, samples }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(({ suffix = "", labels = {}, value }) =>
      `${name}${suffix}${formatLabels(labels)} ${value}`
    ),
  ]).join("\n") + "\n";
}

/**
 * Counters of any shape: each number a metric named after its way there, one level of numbers by
 * reason a metric with a label, and so are the numbers of a list's items by the item's text. Times by
 * powers of two are a histogram.
 */
export function metricsOf(prefix: string, counters: Readonly<Record<string, unknown>>): Metric[] {
  return Object.entries(counters).flatMap(([key, value]): Metric[] => {
    const name = `${prefix}_${snakeCase(key)}`;
    const help = `${key} of ${prefix.replaceAll("_", " ")}`;
    if (typeof value === "number") {
      return [{ name, help, type: "gauge", samples: [{ value }] }];
    }
    if (typeof value !== "object" || value === null) return [];
    if (Array.isArray(value)) return metricsOfItems(name, help, value);
    if (isTimes(value)) return [histogramOf(`${name}_seconds`, help, value)];
    const samples = numbersIn(value)
      .map(([reason, count]) => ({ labels: { reason }, value: count }));
    return samples.length > 0 ? [{ name, help, type: "counter", samples }] : [];
  });
}

function metricsOfItems(name: string, help: string, items: readonly unknown[]): Metric[] {
  const samples = items.flatMap((item) => {
    if (typeof item !== "object" || item === null) return [];
    const texts = Object.entries(item).filter(([, value]) => typeof value === "string");
    const labels = Object.fromEntries(texts.map(([key, text]) => [snakeCase(key), String(text)]));
    return numbersIn(item).map(([key, value]) => ({ key, labels, value }));
  });
  return [...Map.groupBy(samples, ({ key }) => key)].map(([key, ofKey]) => ({
    name: `${name}_${snakeCase(key)}`,
    help: `${key} in ${help}`,
    type: "gauge",
    samples: ofKey.map(({ labels, value }) => ({ labels, value })),
  }));
}

interface Times {
  /** In place i: how many took up to 2^i microseconds, and more than 2^(i-1); the last: the rest. */
  readonly byPowerOfTwoUs: readonly number[];
  readonly sumMs: number;
}

function isTimes(value: object): value is Times {
  return "byPowerOfTwoUs" in value && Array.isArray(value.byPowerOfTwoUs) && "sumMs" in value;
}

function histogramOf(name: string, help: string, { byPowerOfTwoUs, sumMs }: Times): Metric {
  let count = 0;
  const buckets = byPowerOfTwoUs.map((inPlace, i): Sample => {
    count += inPlace;
    const isLast = i === byPowerOfTwoUs.length - 1;
    const labels = { le: isLast ? "+Inf" : String(2 ** i / 1e6) };
    return { suffix: "_bucket", labels, value: count };
  });
  const samples: Sample[] = [
    ...buckets,
    { suffix: "_sum", value: sumMs / 1e3 },
    { suffix: "_count", value: count },
  ];
  return { name, help, type: "histogram", samples: byPowerOfTwoUs.length > 0 ? samples : [] };
}

function numbersIn(value: object): [string, number][] {
  return Object.entries(value)
    .filter((entry): entry is [string, number] => typeof entry[1] === "number");
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
