import { loadModel } from './load-model.js';
import { serveModels } from './serve-models.js';

// What `WorkerHandle` starts.
serveModels(process, loadModel);
