// Somebody else's web server with one picture, which a mail shows and by which its sender would see it being read.
import { createServer } from "node:http";

const dot = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

/** `asked()`: how often the picture was fetched. */
export async function startPictures() {
  let count = 0;
  const server = createServer((_request, response) => {
    count += 1;
    response.writeHead(200, { "content-type": "image/png" }).end(dot);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/logo.png`,
    asked: () => count,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}
