import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { useApi } from "../../api/queries.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { paths } from "../../paths.ts";
import type { PageProps } from "../../shell/LazyPage.tsx";
import { startText } from "../../strings/start.ts";
import { words } from "../../strings/words.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Page } from "../../ui/Page.tsx";
import { Note } from "../../ui/ProblemNote.tsx";
import { JoinCommand } from "../sites/JoinCommand.tsx";
import { ImageStep } from "./ImageStep.tsx";
import { MachineStep } from "./MachineStep.tsx";
import { NetworkStep } from "./NetworkStep.tsx";
import { SiteStep } from "./SiteStep.tsx";

const EVERY_MS = 2000;
const STEPS = 5;

/** From nothing to the first machine: each step opens when the one before it is done. */
export default function StartPage({ params: { siteId } }: PageProps) {
  const [, navigate] = useLocation();
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const [isImageLater, setImageLater] = useState(false);
  const [areNetworksLater, setNetworksLater] = useState(false);
  const isKnown = siteId !== undefined;
  const site = useApi("/sites/:siteId", { param: { siteId: siteId ?? "" } }, {
    isEnabled: isKnown,
  });
  const agents = useApi("/agents", { query: { siteId, limit: 200 } }, {
    isEnabled: isKnown,
    everyMs: EVERY_MS,
  });
  const subnets = useApi("/subnets", { query: { siteId, limit: 200 } }, { isEnabled: isKnown });
  const images = useApi("/images", { query: { kind: "os", limit: 200 } });
  if (!isAdmin) {
    return (
      <Page title={startText.title}>
        <Note tone="caution">{words.roleTooWeak("admin")}</Note>
      </Page>
    );
  }
  const agent = agents.data?.agents.find(({ revokedAt }) => revokedAt === null);
  const served = subnets.data?.subnets ?? [];
  const imageCount = images.data?.images.length ?? 0;
  const isDone = [
    site.data !== undefined,
    agent !== undefined,
    served.length > 0 || areNetworksLater,
    imageCount > 0 || isImageLater,
    false,
  ];
  const current = isDone.indexOf(false);
  const step = (index: number) => ({
    number: index + 1,
    state: isDone[index] ? "done" as const : index === current ? "now" as const : "later" as const,
  });
  return (
    <Page title={startText.title} lead={startText.lead} isReadable class="start">
      <ol class="steps">
        <Step
          {...step(0)}
          title={site.data ? startText.siteDone(site.data.name) : startText.site}
          text={startText.siteText}
        >
          <SiteStep onChosen={(id) => navigate(paths.startSite(id))} />
        </Step>
        <Step
          {...step(1)}
          title={agent ? startText.agentDone(agent.hostname) : startText.agent}
          text={startText.agentText}
        >
          {siteId === undefined ? null : <JoinCommand siteId={siteId} />}
        </Step>
        <Step
          {...step(2)}
          title={startText.networks}
          text={startText.networksText}
          summary={served.map(({ cidr }) => cidr).join(", ")}
        >
          {siteId === undefined || !agent ? null : (
            <NetworkStep
              siteId={siteId}
              agentId={agent.id}
              onLater={() => setNetworksLater(true)}
            />
          )}
        </Step>
        <Step
          {...step(3)}
          title={startText.image}
          text={startText.imageText}
          summary={imageCount > 0 ? startText.imagesHere(String(imageCount)) : ""}
        >
          <ImageStep onLater={() => setImageLater(true)} />
        </Step>
        <Step {...step(4)} title={startText.machine} text={startText.machineText}>
          {siteId === undefined ? null : <MachineStep siteId={siteId} />}
        </Step>
      </ol>
      <div>
        <Link href={paths.machines}>{startText.finish}</Link>
      </div>
    </Page>
  );
}

function Step(
  { number, state, title, text, summary, children }: {
    number: number;
    state: "done" | "now" | "later";
    title: string;
    text: string;
    summary?: string;
    children: ComponentChildren;
  },
) {
  return (
    <li class={`step ${state}`} aria-current={state === "now" ? "step" : undefined}>
      <span class="step-mark">
        {state === "done" ? <Icon name="check" /> : number}
        <span class="unseen">
          {startText.stepOf(number, STEPS)} {state === "done" ? startText.done : ""}
        </span>
      </span>
      <div class="stack grow">
        <div>
          <h2>{title}</h2>
          {state === "done" ? <p class="muted">{summary}</p> : <p class="muted">{text}</p>}
        </div>
        {state === "now" ? children : null}
      </div>
    </li>
  );
}
