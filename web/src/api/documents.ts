/** The server's documents, as far as the app reads them. */

export type JobState = "pending" | "running" | "cancelling" | "completed" | "failed" | "cancelled";
export const JOB_STATES: readonly JobState[] = [
  "pending",
  "running",
  "cancelling",
  "completed",
  "failed",
  "cancelled",
];

export interface Said {
  code: string;
  message: string | null;
  hint: string | null;
}

export interface Finding {
  field: string;
  message: string;
  code: string;
  hint: string | null;
  suggested_value?: unknown;
  /** Of an unknown or former name: the known one. */
  suggestion?: string | null;
  pipeline: string | null;
}

export interface Job {
  id: string;
  status: JobState;
  error: Said | null;
  created_by: string | null;
  tags: string[];
  retry_of: string | null;
  video_filename: string | null;
  video_size_bytes: number | null;
  video_duration_seconds: number | null;
  video_browser_playable: boolean | null;
  selected_pipelines: string[];
  config: Record<string, Record<string, unknown>>;
  overlay: boolean;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  error_message: string | null;
  queue_position: number | null;
  progress: number;
  stage: string | null;
  eta_seconds: number | null;
  retry_count: number;
  next_attempt_at: string | null;
  success_rate: number;
  warnings: Finding[];
}

export interface JobPage {
  jobs: Job[];
  total: number;
  page: number;
  per_page: number;
}

export interface Artifact {
  name: string;
  format: string;
  media_type: string;
  description: string;
  main: boolean;
  size_bytes: number;
  download_url: string;
}

export interface PipelineResult {
  pipeline_name: string;
  status: "completed" | "failed" | "skipped" | "stopped";
  processing_time: number | null;
  annotation_count: number | null;
  error: Said | null;
  error_message: string | null;
  reason: string | null;
  included_in: string | null;
  warnings: string[];
  artifacts: Artifact[];
}

export interface Results {
  job_id: string;
  status: JobState;
  pipeline_results: Record<string, PipelineResult>;
  artifacts: Artifact[];
}

export interface PipelineInfo {
  name: string;
  display_name: string;
  description: string;
  pipeline_family: string;
  tasks: string[];
  modalities: string[];
  former_names: string[];
  default_enabled: boolean;
  available: boolean;
  unavailable_reason: string | null;
  install_hint: string | null;
  config_schema: Record<string, unknown> | null;
}

export interface Validation {
  valid: boolean;
  errors: Finding[];
  warnings: Finding[];
  message: string;
}
