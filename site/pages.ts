// The site of docs/: which page is where in the menu. A test expects each page once.
export interface Group {
  readonly text: string;
  readonly pages: readonly string[];
}

export const GROUPS: readonly Group[] = [
  { text: "Start here", pages: ["tutorial", "tutorial-regional", "kind", "glossary"] },
  {
    text: "Load data",
    pages: ["load", "load-kma", "load-grib", "load-storms", "load-ground", "load-conventions", "grids"],
  },
  {
    text: "Compute and read",
    pages: ["run", "triggers", "database", "report", "explorer", "roles", "scale", "sizing"],
  },
  {
    text: "In a cluster",
    pages: [
      ...[
        "install",
        "load-in-cluster",
        "schedule",
        "operator",
        "api",
        "security-of-templates",
        "kueue",
        "gitops",
        "upgrade",
      ],
      "troubleshooting-cluster",
    ],
  },
  {
    text: "Operate",
    pages: ["monitoring", "failure-modes", "faults", "backup", "troubleshooting", "migrate", "support"],
  },
  {
    text: "The science",
    pages: [
      ...["methods", "methods-typhoon", "methods-floods", "methods-water", "methods-predecessor"],
      ...["validation", "seoul", "measurements", "performance"],
    ],
  },
  {
    text: "Develop",
    pages: [
      "architecture",
      "adding-a-risk",
      "adding-a-format",
      "decisions",
      "cluster",
      "release",
      "test-long",
      "upstream",
    ],
  },
];
