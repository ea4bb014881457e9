/** Key in the log config → key of the configuration that it sets. */
export const LOG_CONFIG_KEYS: Readonly<Record<string, string>> = {
  level: 'log_level',
  format: 'log_format',
  file: 'log_file',
  accessLog: 'access_log',
};
