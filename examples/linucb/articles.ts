/** The arms: models of their own elsewhere. */
import type { TransformFunction } from '@marserve/handlers';

export const politics: TransformFunction = () => ['A debate that went on until dawn'];
export const sports: TransformFunction = () => ['Two goals in the last minute'];
export const science: TransformFunction = () => ['A comet that can be seen without a telescope'];
