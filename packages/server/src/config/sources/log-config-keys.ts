/** Key in the log config → key of the configuration that it sets. */
export const LOG_CONFIG_KEYS: Readonly<Record<string, string>> = {
  level: 'log_level',
  format: 'log_format',
  file: 'log_file',
  maxFileSize: 'log_max_file_size',
  rotation: 'log_rotation',
  maxFiles: 'log_max_files',
  accessLog: 'access_log',
};
