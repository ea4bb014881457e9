/** TorchServe's service envelopes: the form of bodies on its paths for predictions and explanations. */

/** Their names; `kfserving` and `kfservingv2` are what older versions call `kserve` and `kservev2`. */
export const SERVICE_ENVELOPES = ['body', 'json', 'kserve', 'kservev2', 'kfserving', 'kfservingv2'] as const;
