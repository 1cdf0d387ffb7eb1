import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { imagesText, uploadText } from "../../strings/images.ts";
import { Button } from "../../ui/Button.tsx";
import { CopyButton } from "../../ui/CopyField.tsx";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { formatBytes } from "../../ui/format.ts";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card, Facts, Page } from "../../ui/Page.tsx";
import { Table } from "../../ui/Table.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { SourcesCard } from "./SourcesCard.tsx";
import { UploadDialog } from "./UploadDialog.tsx";
import { UploadsCard } from "./UploadsCard.tsx";

export type Image = OutputOf<"/images", "get">["images"][number];

/** What machines can be deployed with, and what boots them. */
export default function ImagesPage() {
  const images = useEvery("/images", "images");
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const [looking, setLooking] = useState<Image>();
  const [isUploading, setUploading] = useState(false);
  return (
    <Page
      title={imagesText.title}
      lead={imagesText.lead}
      isReadable
      actions={isAdmin
        ? <Button icon="plus" onClick={() => setUploading(true)}>{uploadText.open}</Button>
        : null}
    >
      <UploadsCard />
      <Loaded read={images}>
        {(all) =>
          all.length === 0
            ? (
              <Card>
                <EmptyState icon="images" title={imagesText.emptyTitle}>
                  {isAdmin ? imagesText.emptyText : imagesText.emptyTextViewer}
                </EmptyState>
              </Card>
            )
            : (
              <>
                <ImageCard
                  title={imagesText.systems}
                  images={all.filter(({ kind }) => kind === "os")}
                  onOpen={setLooking}
                />
                <ImageCard
                  title={imagesText.bootloaders}
                  images={all.filter(({ kind }) => kind === "bootloader")}
                  onOpen={setLooking}
                />
              </>
            )}
      </Loaded>
      <SourcesCard />
      {isUploading ? <UploadDialog onClose={() => setUploading(false)} /> : null}
      {looking
        ? <ImageDialog image={looking} isAdmin={isAdmin} onClose={() => setLooking(undefined)} />
        : null}
    </Page>
  );
}

function ImageCard(
  { title, images, onOpen }: {
    title: string;
    images: readonly Image[];
    onOpen: (image: Image) => void;
  },
) {
  if (images.length === 0) return null;
  return (
    <Card title={title} isBare>
      <Table<Image>
        label={title}
        rows={images}
        keyOf={({ id }) => id}
        onOpen={onOpen}
        columns={[
          {
            key: "title",
            title: imagesText.name,
            cell: ({ title: name, os, release }) => (
              <>
                <strong>{name}</strong>
                <div class="faint small">{os}/{release}</div>
              </>
            ),
          },
          { key: "arch", title: imagesText.architecture, cell: (image) => image.architecture },
          { key: "version", title: imagesText.version, cell: ({ version }) => version },
          {
            key: "size",
            title: imagesText.size,
            isRight: true,
            cell: ({ files }) => formatBytes(files.reduce((sum, { bytes }) => sum + bytes, 0)),
          },
          {
            key: "added",
            title: imagesText.added,
            cell: ({ createdAt }) => <TimeAgo at={createdAt} />,
          },
          {
            key: "files",
            title: "",
            isRight: true,
            cell: (image) => (
              <Button
                isSmall
                kind="quiet"
                title={imagesText.filesOf(image.title)}
                onClick={() => onOpen(image)}
              >
                {imagesText.files}
              </Button>
            ),
          },
        ]}
      />
    </Card>
  );
}

function ImageDialog(
  { image, isAdmin, onClose }: { image: Image; isAdmin: boolean; onClose: () => void },
) {
  const [isLeaving, setLeaving] = useState(false);
  const { id: imageId, title, architecture, version, kernelOptions, sourceId, sourceUrl, files } =
    image;
  const { baseOs, bootProfile, minMemoryMib, minDiskBytes } = image;
  if (isLeaving) {
    return (
      <ConfirmDialog
        title={imagesText.removeTitle(title)}
        deed={imagesText.remove}
        isDangerous
        run={async () => {
          await api.delete("/images/:imageId", { param: { imageId } });
          refresh("/images");
        }}
        onClose={onClose}
      >
        <p>{imagesText.removeText}</p>
      </ConfirmDialog>
    );
  }
  return (
    <Dialog
      title={`${title} ${architecture}`}
      isWide
      onClose={onClose}
      foot={isAdmin && sourceId === null
        ? (
          <Button icon="trash" kind="danger" onClick={() => setLeaving(true)}>
            {imagesText.remove}
          </Button>
        )
        : null}
    >
      <Facts
        items={[
          [imagesText.version, version],
          sourceUrl === "" ? null : [imagesText.source, sourceUrl],
          baseOs === null ? null : [imagesText.baseOs, baseOs],
          bootProfile === null || bootProfile === "maas"
            ? null
            : [imagesText.bootProfile, bootProfile],
          minMemoryMib === null
            ? null
            : [imagesText.minMemory, formatBytes(minMemoryMib * 1024 ** 2)],
          minDiskBytes === null ? null : [imagesText.minDisk, formatBytes(minDiskBytes)],
          kernelOptions === ""
            ? null
            : [imagesText.kernelOptions, <code key="k">{kernelOptions}</code>],
        ]}
      />
      <Table<Image["files"][number]>
        label={imagesText.filesOf(title)}
        rows={files}
        keyOf={({ name }) => name}
        columns={[
          { key: "name", title: imagesText.files, cell: ({ name }) => <code>{name}</code> },
          {
            key: "size",
            title: imagesText.size,
            isRight: true,
            cell: ({ bytes }) => <span class="nowrap">{formatBytes(bytes)}</span>,
          },
          {
            key: "hash",
            title: imagesText.hash,
            cell: ({ sha256 }) => <code class="wrap small">{sha256}</code>,
          },
          {
            key: "copy",
            title: "",
            isRight: true,
            cell: ({ name, sha256 }) => (
              <CopyButton text={sha256} what={`${imagesText.hash} ${name}`} />
            ),
          },
        ]}
      />
    </Dialog>
  );
}
