// Waiting for the GPU without blocking the page.

const POLL_MS = 4;

/**
 * Calls `done` once the GPU has finished all that was sent to it so far. Unlike a blocking read this
 * keeps the page alive, and the time until `done` is the GPU's own.
 */
export function afterGpu(gl: WebGL2RenderingContext, done: () => void): void {
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  gl.flush();
  const poll = () => {
    const pending =
      fence && !gl.isContextLost() && gl.clientWaitSync(fence, 0, 0) === gl.TIMEOUT_EXPIRED;
    if (pending) {
      setTimeout(poll, POLL_MS);
      return;
    }
    gl.deleteSync(fence);
    done();
  };
  setTimeout(poll, 0);
}
