/** Keys of TorchServe, and of other servers, that do nothing here: they are accepted with a warning, so that their files can be used as they are. */

const PYTHON = 'there is no Python here';
const JAVA = 'it tunes the Java server';
const NOT_YET_SEQUENCES = 'sequence batching is not available yet';
const INTEL = "it is for Intel's extension of PyTorch";
const CPU_ONLY = 'models run on the CPU';
const SOCKETPAIR = 'workers are reached over inherited sockets and need no port';

const CHANGES_ANSWERS = 'IN TORCHSERVE IT CHANGES WHAT CLIENTS ARE ANSWERED';
const OF_A_MODEL = 'it is a key of model YAML (minWorkers, maxWorkers), or of models={…}';

/** Key → why it does nothing. */
export const INEFFECTIVE_KEYS: Readonly<Record<string, string>> = {
  NUM_WORKERS: 'the key is default_workers_per_model',
  async_logging: 'logging never waits',
  cpp_log_config: 'there is no C++ worker here',
  cpu_launcher_args: INTEL,
  cpu_launcher_enable: INTEL,
  debug: 'use log_level=debug',
  decode_input_request: `JSON and text bodies are always decoded for handlers; ${CHANGES_ANSWERS}`,
  default_service_handler: `a manifest without a handler means base_handler; ${CHANGES_ANSWERS}`,
  initial_distribution_port: PYTHON,
  initial_worker_port: SOCKETPAIR,
  install_py_dep_per_model: PYTHON,
  io_ratio: JAVA,
  ipex_enable: INTEL,
  ipex_gpu_enable: INTEL,
  max_workers: OF_A_MODEL,
  max_threads: 'one thread serves all connections, and models run in processes of their own',
  max_asyncio_workers: 'one thread serves all connections, and models run in processes of their own',
  access_log_format: 'access_log and log_format say how requests are logged',
  configure_logging: 'log_level, log_format and log_config say what is logged',
  enable_docs_url: 'the API is described at OPTIONS / in any case',
  log_config_file: "it is for Python's logging: log_config is the file for this server",
  enable_latency_logging: 'latencies are in the access log and in the metrics',
  event_loop: 'there is one, that of Node',
  metrics_config: 'metrics need no declaration',
  metrics_format: 'metrics are always there for Prometheus',
  min_workers: OF_A_MODEL,
  model_api_enabled: 'the key is enable_model_api',
  model_control_mode: 'the key is enable_model_api',
  limit_max_image_pixels: "images always have a limit, which maxPixels in the model's YAML sets",
  model_metrics_auto_detect: "handlers' metrics are always exposed",
  model_server_home: 'the server finds its own files',
  netty_client_threads: JAVA,
  num_http_threads: 'one thread serves all connections, and models run in processes of their own',
  number_of_gpu: CPU_ONLY,
  number_of_netty_threads: JAVA,
  plugins_path: 'plugins of TorchServe are Java',
  prefer_direct_buffer: JAVA,
  python: PYTHON,
  snapshot_store: 'snapshots are files',
  system_metrics_cmd: 'system metrics are measured by the server itself',
  ts_header_key_sequence_end: NOT_YET_SEQUENCES,
  ts_header_key_sequence_id: NOT_YET_SEQUENCES,
  ts_header_key_sequence_start: NOT_YET_SEQUENCES,
  tsConfigFile: "TorchServe's snapshots have it",
  ts_open_inference_protocol: 'the Open Inference Protocol is not available yet',
  use_native_io: JAVA,
  version: "TorchServe's snapshots have it",
  vmargs: JAVA,
};
