var e=new BroadcastChannel("ai-cms-studio");e.postMessage("logged-in");e.close();setTimeout(()=>window.close(),300);
