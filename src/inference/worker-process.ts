import { loadModel } from './load-model.js';
import { endWithParent } from './parent-watch.js';
import { serveModels } from './serve-models.js';

// What `WorkerHandle` starts.
endWithParent();
serveModels(process, loadModel);
