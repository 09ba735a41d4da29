// Has Bespoken's virtual-alexa talk to the skill: node drive.js URL MODEL, steps as JSON on standard input.
// A step is {"launch": true}, {"utter": "..."} or {"intend": "...", "slots": {...}}; each response is printed as a line of JSON.
const { VirtualAlexa } = require("virtual-alexa");

async function main() {
  const [url, model] = process.argv.slice(2);
  const steps = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const alexa = VirtualAlexa.Builder().skillURL(url).interactionModelFile(model).locale("en-US").create();
  for (const step of steps) {
    let response;
    if (step.launch) response = await alexa.launch();
    else if (step.utter) response = await alexa.utter(step.utter);
    else response = await alexa.intend(step.intend, step.slots);
    console.log(JSON.stringify(response));
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
