// The window in which somebody logged in again: tells the editor, and closes itself.

const channel = new BroadcastChannel("ai-cms-studio");
channel.postMessage("logged-in");
channel.close();
setTimeout(() => window.close(), 300);
