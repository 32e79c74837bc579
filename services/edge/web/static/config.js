// The server's configuration, from the page.

const config = JSON.parse(document.getElementById("config").textContent);

export default config;

/** Whether an API is available. */
export const has = (service) => config.services.includes(service);
