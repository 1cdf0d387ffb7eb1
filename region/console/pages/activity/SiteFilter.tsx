import { useEvery } from "../../api/every_page.ts";
import { activityText } from "../../strings/activity.ts";
import { FilterSelect } from "./FilterSelect.tsx";

/** Nothing to choose where there is one site. */
export function SiteFilter(
  { value, onChange }: { value: string; onChange: (siteId: string) => void },
) {
  const { data: sites = [] } = useEvery("/sites", "sites");
  if (sites.length < 2 && value === "") return null;
  return (
    <FilterSelect
      label={activityText.site}
      value={value}
      options={[
        { value: "", label: activityText.allSites },
        ...sites.map(({ id, name }) => ({ value: id, label: name })),
      ]}
      onChange={onChange}
    />
  );
}
