// What the server says of itself, in the page.

const config = JSON.parse(document.getElementById("config").textContent);

export default config;

/** Whether an API answers here. */
export const has = (service) => config.services.includes(service);
